"""What a person looks at: all that is to do, one return, one school, and the pictures of the boxes."""
