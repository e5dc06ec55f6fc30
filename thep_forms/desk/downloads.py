"""Files that the desk makes to be downloaded: in a folder that only this user can read, until the desk is closed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from thep_forms.desk.jobs import Job, JobLink
from thep_forms.errors import DecisionError
from thep_forms.files import private_folder


class Downloads:
    """The files that jobs made, one for a job."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="thep-forms-desk-")  # it is deleted at the end of the program
        self._files: dict[int, Path] = {}

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/downloads/{number:int}", self.download)]

    def path(self, job: Job, name: str) -> Path:
        """Where the job writes its file, which is downloaded under that name."""
        folder = private_folder(Path(self._folder.name))  # some systems delete what lies there for days
        return private_folder(folder / str(job.number)) / name

    def offer(self, job: Job, path: Path, label: str) -> None:
        """Put a link to the file on the page of the job."""
        self._files[job.number] = path
        job.links.append(JobLink(label, f"/downloads/{job.number}", is_file=True))

    def download(self, request: Request) -> Response:
        """The file of a job. Raises `DecisionError` where there is none."""
        path = self._files.get(request.path_params["number"])
        if not path or not path.is_file():
            raise DecisionError("The desk holds this file no longer. Make it again.")
        return FileResponse(path, filename=path.name)

    def close(self) -> None:
        """Delete all files."""
        self._folder.cleanup()


def file_to_save(data: bytes, name: str, media_type: str) -> Response:
    """A file for the browser to save under that name, in any script (RFC 6266)."""
    disposition = f"attachment; filename*=utf-8''{quote(name)}"
    return Response(data, media_type=media_type, headers={"Content-Disposition": disposition})
