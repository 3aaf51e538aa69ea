"""Commands of `onrecord`, one module each with `register(app)`."""
