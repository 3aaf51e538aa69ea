"""Training of onrecord: corpora in, a measured checkpoint out."""
