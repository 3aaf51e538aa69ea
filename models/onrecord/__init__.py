"""Who said what, and where they stand: statements from news text."""
