"""astrodrizzle: static mask, sky, separate drizzle, median, blot, cosmic rays, combination."""
