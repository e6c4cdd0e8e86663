import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NextRequest, NextResponse } from 'next/server';
import { currentUser } from '@/lib/session';

const UPLOADS = path.join(process.cwd(), 'public', 'uploads');
const MAX_BYTES = 8 * 1024 * 1024;

function storedName(file: File): string {
  return `${randomUUID()}${path.extname(path.basename(file.name))}`;
}

export async function POST(request: NextRequest): Promise<NextResponse> {
  const user = await currentUser(request);
  if (!user) {
    return NextResponse.json({ error: 'sign in first' }, { status: 401 });
  }
  const form = await request.formData();
  const file = form.get('file');
  if (!(file instanceof File) || file.size > MAX_BYTES) {
    return NextResponse.json({ error: 'file missing or too large' }, { status: 400 });
  }
  if (!file.type.startsWith('image/')) {
    return NextResponse.json({ error: 'only images' }, { status: 415 });
  }

  const name = storedName(file);
  await mkdir(UPLOADS, { recursive: true });
  await writeFile(path.join(UPLOADS, name), Buffer.from(await file.arrayBuffer()));
  return NextResponse.json({ url: `/uploads/${name}` }, { status: 201 });
}
