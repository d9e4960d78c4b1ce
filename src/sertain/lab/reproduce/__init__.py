"""The table of the reports made again: which rows, their runs in parallel, and the pages."""
