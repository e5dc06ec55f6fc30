"""Lists of member schools, as offices keep them."""
