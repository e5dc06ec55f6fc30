"""Messages to the schools, on real mail servers."""
