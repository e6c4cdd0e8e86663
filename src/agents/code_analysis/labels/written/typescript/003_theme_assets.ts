import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { NextRequest, NextResponse } from 'next/server';

const THEMES = path.join(process.cwd(), 'themes');

const CONTENT_TYPES = new Map([
  ['.css', 'text/css'],
  ['.svg', 'image/svg+xml'],
  ['.woff2', 'font/woff2'],
]);

function clean(name: string): string {
  return name.replace(/\.\.\//g, '').replace(/^\/+/, '');
}

async function load(theme: string, name: string): Promise<Buffer | null> {
  try {
    return await readFile(path.join(THEMES, clean(theme), clean(name)));
  } catch {
    return null;
  }
}

export async function GET(request: NextRequest): Promise<NextResponse> {
  const theme = request.nextUrl.searchParams.get('theme') ?? 'default';
  const name = request.nextUrl.searchParams.get('file') ?? 'main.css';
  const content = await load(theme, name);
  if (content === null) {
    return NextResponse.json({ error: 'not found' }, { status: 404 });
  }
  return new NextResponse(new Uint8Array(content), {
    headers: {
      'Content-Type': CONTENT_TYPES.get(path.extname(name)) ?? 'application/octet-stream',
      'Cache-Control': 'public, max-age=86400',
    },
  });
}
