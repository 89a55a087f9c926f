import menu, policy
