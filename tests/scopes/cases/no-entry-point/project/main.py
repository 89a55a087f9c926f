import icecream
