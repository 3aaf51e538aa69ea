"""Corpora in, labelled corpora out: readers, engines, output formats, resumable runs."""
