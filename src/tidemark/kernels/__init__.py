"""The hot loops, Cython in pure-Python mode; functions of arrays that import nothing of the project."""
