"""The sections of a pack: one module, one function, one question each."""
