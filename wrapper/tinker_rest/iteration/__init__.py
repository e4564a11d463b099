"""Reading whole listings: page by page, ahead of whoever uses the items."""
