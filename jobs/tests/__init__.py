"""Tests of the jobs, named as facts."""
