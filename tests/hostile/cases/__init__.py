"""The cases, a module for each topic; each has its list in `CASES`."""
