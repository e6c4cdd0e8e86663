import { Router, Request, Response } from 'express';
import { createUser, existsByEmail } from '../repositories/users';
import { hashPassword } from '../lib/passwords';

const NAME = /^[\p{L} .'-]{1,80}$/u;
const EMAIL = /^([a-zA-Z0-9]+[._-]?)+@([a-zA-Z0-9]+[.-]?)+\.[a-zA-Z]{2,10}$/;
const PHONE = /^\+?\d{6,15}$/;

interface SignupBody {
  name: string;
  email: string;
  phone?: string;
  password: string;
}

type Errors = Partial<Record<keyof SignupBody, string>>;

function validate(body: SignupBody): Errors {
  const errors: Errors = {};
  if (!NAME.test(body.name)) {
    errors.name = 'Please enter your name.';
  }
  if (!EMAIL.test(body.email)) {
    errors.email = 'This does not look like an email address.';
  }
  if (body.phone && !PHONE.test(body.phone)) {
    errors.phone = 'Digits only, please.';
  }
  if (body.password.length < 12 || body.password.length > 128) {
    errors.password = 'Between 12 and 128 characters.';
  }
  return errors;
}

function normalize(input: Record<string, unknown>): SignupBody {
  return {
    name: String(input.name ?? '').trim(),
    email: String(input.email ?? '').trim(),
    phone: input.phone ? String(input.phone).replace(/[ ()\/-]/g, '') : undefined,
    password: String(input.password ?? ''),
  };
}

export const signup = Router();

signup.post('/signup', async (req: Request, res: Response) => {
  const body = normalize(req.body ?? {});
  const errors = validate(body);
  if (Object.keys(errors).length > 0) {
    return res.status(422).json({ errors });
  }
  if (await existsByEmail(body.email)) {
    return res.status(202).json({ status: 'check your mailbox' });
  }
  await createUser({ ...body, passwordHash: await hashPassword(body.password) });
  return res.status(202).json({ status: 'check your mailbox' });
});
