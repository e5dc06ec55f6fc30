"""What is written about a year: the report, the mailing list, the workbook."""
