"""Stage `prepare-data`: ingest → clean → deduplicate → tokenize → split.

Same rows, same bytes: nothing depends on the number of workers, the order of rows or the order of files.
"""
