import { NextRequest, NextResponse } from 'next/server';

export const runtime = 'nodejs';

const UPSTREAM: ReadonlyMap<string, string> = new Map([
  ['build', 'https://ci.example.com/api/v1/pipelines/main/status'],
  ['coverage', 'https://coverage.example.com/api/projects/web/summary'],
  ['uptime', 'https://status.example.com/api/v2/summary.json'],
]);

const COLORS: Record<string, string> = {
  passing: '#2da44e',
  failing: '#cf222e',
  unknown: '#6e7781',
};

function svg(label: string, state: string): string {
  const text = state === 'passing' || state === 'failing' ? state : 'unknown';
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="20" role="img">',
    `<rect width="160" height="20" rx="3" fill="${COLORS[text]}"/>`,
    `<text x="8" y="14" fill="#fff" font-size="11">${label}: ${text}</text>`,
    '</svg>',
  ].join('');
}

async function stateOf(url: string): Promise<string> {
  try {
    const res = await fetch(url, { next: { revalidate: 60 }, signal: AbortSignal.timeout(3000) });
    if (!res.ok) {
      return 'unknown';
    }
    const body = (await res.json()) as { state?: string };
    return body.state ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

export async function GET(req: NextRequest): Promise<NextResponse> {
  const key = req.nextUrl.searchParams.get('kind') ?? 'build';
  const url = UPSTREAM.get(key);
  if (!url) {
    return NextResponse.json({ error: 'unknown badge' }, { status: 404 });
  }
  const state = await stateOf(url);
  const label = [...UPSTREAM.keys()].find((k) => k === key) as string;
  return new NextResponse(svg(label, state), {
    headers: {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=60',
      'x-content-type-options': 'nosniff',
    },
  });
}
