"""What a reader of structure finds, held against what is true: matching, tester, report, files of labels."""
