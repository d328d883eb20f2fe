"""One function per verb: the only place where the whole pipeline is visible."""
