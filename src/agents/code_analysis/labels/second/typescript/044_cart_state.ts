import express, { NextFunction, Request, Response } from 'express';
import cookieParser from 'cookie-parser';
import { gzipSync, gunzipSync } from 'zlib';
import { findProduct } from './catalog';

// eslint-disable-next-line @typescript-eslint/no-var-requires
const serialize = require('node-serialize') as {
  serialize(value: unknown): string;
  unserialize(text: string): any;
};

interface CartLine {
  sku: string;
  quantity: number;
  addedAt: Date;
}

class Cart {
  constructor(public lines: CartLine[] = []) {}

  add(sku: string, quantity: number): void {
    const line = this.lines.find((l) => l.sku === sku);
    if (line) {
      line.quantity = Math.min(99, line.quantity + quantity);
    } else {
      this.lines.push({ sku, quantity, addedAt: new Date() });
    }
  }

  static decode(cookie: string | undefined): Cart {
    if (!cookie) {
      return new Cart();
    }
    const text = gunzipSync(Buffer.from(cookie, 'base64'), { maxOutputLength: 64 * 1024 }).toString('utf8');
    const state = serialize.unserialize(text);
    return new Cart(Array.isArray(state.lines) ? state.lines : []);
  }

  encode(): string {
    return gzipSync(serialize.serialize({ lines: this.lines })).toString('base64');
  }
}

const app = express();
app.use(cookieParser(), express.json({ limit: '4kb' }));

app.use((req: Request, res: Response, next: NextFunction) => {
  try {
    res.locals.cart = Cart.decode(req.cookies.cart);
  } catch {
    res.locals.cart = new Cart();
  }
  next();
});

app.post('/cart', async (req: Request, res: Response) => {
  const product = await findProduct(String(req.body.sku));
  if (!product) {
    return res.status(404).json({ error: 'unknown product' });
  }
  const cart = res.locals.cart as Cart;
  cart.add(product.sku, Math.max(1, Number(req.body.quantity) || 1));
  res.cookie('cart', cart.encode(), { httpOnly: true, secure: true, sameSite: 'lax' });
  return res.json({ lines: cart.lines.length });
});

app.listen(Number(process.env.PORT ?? 3000));
