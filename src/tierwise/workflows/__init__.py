"""One file per thing a user does. Faces call these and nothing below."""
