"""Backtests for people who read them later: a page that stands alone, a PDF of it, and files of trips and equity."""
