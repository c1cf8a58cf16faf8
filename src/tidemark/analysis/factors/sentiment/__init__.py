"""What positions, their cost and their losses say of those who hold them."""
