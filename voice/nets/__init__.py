"""The networks of the voice methods, written from papers and file formats. Only a child of the pool imports them."""
