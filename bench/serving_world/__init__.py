"""A site that serves under load while its versions change and its parts die."""
