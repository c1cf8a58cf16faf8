"""The rules of signals as strategies: the engine finds, an account trades what it found."""
