// What a SQLite file knows of copies.
import type { Database } from 'better-sqlite3';
import { markTable, type Mark } from '../copy/mark.ts';

export function marksIn(database: Database): readonly Mark[] {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(markTable);
  if (isThere === undefined) return [];
  return database.prepare<[], Mark>(`SELECT role, id, place, at FROM ${markTable} ORDER BY at, id`).all();
}
