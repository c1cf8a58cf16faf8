"""The pure step: a batch goes in, outputs come out."""
