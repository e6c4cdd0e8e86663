def route_order(order):
    if order is None:
        return "none"
    if order.country == "DE":
        if order.weight > 30:
            return "freight"
        elif order.express and order.paid:
            return "air"
        return "post"
    elif order.country == "FR":
        if order.weight > 20 or order.fragile:
            return "freight"
        return "post"
    elif order.country == "NO":
        for item in order.items:
            if item.kind == "battery":
                return "sea"
        return "air" if order.express else "sea"
    elif order.country == "PL" and not order.fragile:
        return "road"
    while order.parent:
        order = order.parent
        if order.weight > 100:
            return "special"
    return "unknown"
