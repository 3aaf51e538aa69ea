"""What outlives the process: API keys, jobs with their records, and feedback.

SQLite by default, PostgreSQL by URL; the same tables and the same code, through SQLAlchemy. The
functions block, so routes call them in threads.
"""
