export function shippingCost(order) {
  let cost = 0;
  if (order.country === "CH") {
    if (order.weight > 10) {
      cost = order.express ? 29 : 19;
    } else if (order.weight > 2) {
      cost = order.express ? 18 : 11;
    } else {
      cost = order.express ? 14 : 7;
    }
  } else if (order.country === "DE" || order.country === "AT") {
    for (const line of order.lines) {
      if (line.bulky && line.count > 1) {
        cost += 25;
      } else if (line.bulky) {
        cost += 15;
      }
    }
    cost += order.weight > 10 ? 39 : 22;
  } else {
    throw new Error("no delivery to " + order.country);
  }
  if (order.voucher && order.voucher.freeShipping && order.total > 80) {
    cost = 0;
  }
  return cost;
}

export function label(order) {
  return order.express ? "Express" : "Standard";
}
