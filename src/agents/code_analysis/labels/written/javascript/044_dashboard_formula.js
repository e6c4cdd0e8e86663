const { WebSocketServer } = require('ws');

const wss = new WebSocketServer({ port: Number(process.env.WS_PORT) || 7070 });

class Metric {
  constructor(name, formula) {
    this.name = name;
    this.formula = formula;
  }

  get compiled() {
    if (!this.fn) {
      this.fn = new Function('sample', `with (sample) { return (${this.formula}); }`);
    }
    return this.fn;
  }

  value(sample) {
    try {
      return Number(this.compiled(sample));
    } catch (err) {
      return NaN;
    }
  }
}

function sample() {
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss, uptime: process.uptime() };
}

wss.on('connection', (socket) => {
  const metrics = new Map();
  const timer = setInterval(() => {
    const now = sample();
    const values = [...metrics.values()].map((m) => [m.name, m.value(now)]);
    socket.send(JSON.stringify(values));
  }, 1000);

  socket.on('message', (data) => {
    const { name, formula } = JSON.parse(data.toString());
    metrics.set(name, new Metric(String(name), String(formula)));
  });
  socket.on('close', () => clearInterval(timer));
});
