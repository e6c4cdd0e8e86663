import { Router, Request, Response, json } from 'express';
import mongoose, { Schema, Document, Model } from 'mongoose';
import { randomBytes, scrypt as scryptCb, timingSafeEqual } from 'crypto';
import { promisify } from 'util';
import { limiter } from '../middleware/limiter';

const scrypt = promisify<string, Buffer, number, Buffer>(scryptCb as never);

interface Account extends Document {
  username: string;
  salt: Buffer;
  hash: Buffer;
  resetCode?: string;
  resetExpires?: Date;
}

const accountSchema = new Schema<Account>({
  username: { type: String, unique: true, required: true },
  salt: Buffer,
  hash: Buffer,
  resetCode: Schema.Types.Mixed,
  resetExpires: Date,
});

const Accounts: Model<Account> = mongoose.model<Account>('Account', accountSchema);

async function setPassword(account: Account, password: string): Promise<void> {
  account.salt = randomBytes(16);
  account.hash = await scrypt(password, account.salt, 64);
  account.resetCode = undefined;
  account.resetExpires = undefined;
  await account.save();
}

const router = Router();
router.use(json(), limiter);

router.post('/login', async (req: Request, res: Response) => {
  const account = await Accounts.findOne({ username: String(req.body.username) });
  if (!account) {
    return res.status(401).json({ error: 'login failed' });
  }
  const hash = await scrypt(String(req.body.password), account.salt, 64);
  if (!timingSafeEqual(hash, account.hash)) {
    return res.status(401).json({ error: 'login failed' });
  }
  return res.json({ id: account.id });
});

router.post('/reset', async (req: Request, res: Response) => {
  const { username, code, password } = req.body;
  if (!code || !password) {
    return res.status(400).json({ error: 'code and password are required' });
  }
  const filter = { username, resetCode: code, resetExpires: { $gt: new Date() } };
  const account = await Accounts.findOne(filter);
  if (!account) {
    return res.status(400).json({ error: 'code is wrong or expired' });
  }
  await setPassword(account, String(password));
  return res.status(204).end();
});

export default router;
