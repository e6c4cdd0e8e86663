export function chf(amount) {
  return "CHF " + amount.toFixed(2);
}

export function date(d) {
  if (!d) return "";
  return d.getDate() + "." + (d.getMonth() + 1) + "." + d.getFullYear();
}
