export function add(basket, article, count) {
  const line = basket.lines.find((l) => l.article === article);
  if (line) {
    line.count += count;
  } else {
    basket.lines.push({ article, count });
  }
  return basket;
}

export function empty(basket) {
  basket.lines = [];
  return basket;
}
