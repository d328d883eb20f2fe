"""Controls to parameters to sections."""
