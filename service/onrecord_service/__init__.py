"""The service of onrecord: HTTP, command line, jobs and the web page."""
