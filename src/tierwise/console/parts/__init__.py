"""What pages are put together from; nothing here registers a callback."""
