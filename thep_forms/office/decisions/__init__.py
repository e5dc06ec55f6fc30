"""What persons say of a return or of a school: each word is kept beside what came in, and can be taken back."""
