"""Commands of the `onrecord` command line; each module has `register(app)`."""
