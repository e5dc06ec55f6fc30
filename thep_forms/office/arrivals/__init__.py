"""Files on their way into the records: found, read in confined processes, noted, and put together to forms."""
