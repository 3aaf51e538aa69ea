"""Who stands where: figures over labelled corpora, and the page that shows them."""
