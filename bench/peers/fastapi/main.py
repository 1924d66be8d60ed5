"""The peer on FastAPI + SQLModel + asyncpg: the same table, tokens and JSON as tasks-api, written as their docs show.

It serves what the benchmark measures, and no more of the contract.
"""

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import DateTime, delete, func, not_, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

SECRET = os.environ["BETTER_AUTH_SECRET"]

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg", query={})
engine = create_async_engine(url, pool_size=10, max_overflow=0)


class TaskCreate(SQLModel):
    title: str = Field(min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=10_000)
    completed: bool = False


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=10_000)
    completed: bool | None = None


class Task(SQLModel, table=True):
    __tablename__ = "tasks"

    id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    title: str
    description: str | None
    completed: bool
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int


class TaskResponse(SQLModel):
    data: Task


class Meta(SQLModel):
    limit: int
    has_more: bool
    next_cursor: UUID | None


class TaskList(SQLModel):
    data: list[Task]
    meta: Meta


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


async def owner(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        return jwt.decode(token.credentials, SECRET, algorithms=["HS256"], options={"verify_aud": False})["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None


Session = Annotated[AsyncSession, Depends(session)]
Owner = Annotated[str, Depends(owner)]

app = FastAPI()


def uuid7() -> UUID:
    random = int.from_bytes(os.urandom(10))
    bits = (time.time_ns() // 1_000_000) << 80 | random
    return UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def found(task: Task | None) -> TaskResponse:
    if task is None:
        raise HTTPException(404)
    return TaskResponse(data=task)


def mine(owner: str, id: UUID):
    return Task.user_id == owner, Task.id == id


@app.get("/health")
async def health() -> None:
    pass


@app.get("/api/tasks")
async def list_tasks(
    session: Session,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: UUID | None = None,
    completed: bool | None = None,
) -> TaskList:
    query = select(Task).where(Task.user_id == owner).order_by(Task.id.desc()).limit(limit + 1)
    if completed is not None:
        query = query.where(Task.completed == completed)
    if cursor is not None:
        query = query.where(Task.id < cursor)
    tasks = (await session.exec(query)).all()
    has_more, tasks = len(tasks) > limit, tasks[:limit]
    return TaskList(data=tasks, meta=Meta(limit=limit, has_more=has_more, next_cursor=tasks[-1].id if has_more else None))


@app.post("/api/tasks", status_code=201)
async def create_task(session: Session, owner: Owner, body: TaskCreate) -> TaskResponse:
    now = datetime.now(UTC)
    task = Task(id=uuid7(), user_id=owner, created_at=now, updated_at=now, version=1, **body.model_dump())
    session.add(task)
    await session.commit()
    return TaskResponse(data=task)


@app.get("/api/tasks/{id}")
async def get_task(session: Session, owner: Owner, id: UUID) -> TaskResponse:
    return found((await session.exec(select(Task).where(*mine(owner, id)))).one_or_none())


async def change(session: AsyncSession, owner: str, id: UUID, values: dict) -> TaskResponse:
    later = func.greatest(Task.updated_at, datetime.now(UTC))
    statement = update(Task).where(*mine(owner, id)).values(version=Task.version + 1, updated_at=later, **values)
    task = (await session.exec(statement.returning(Task))).scalar_one_or_none()
    await session.commit()
    return found(task)


@app.patch("/api/tasks/{id}")
async def update_task(session: Session, owner: Owner, id: UUID, body: TaskUpdate) -> TaskResponse:
    return await change(session, owner, id, body.model_dump(exclude_unset=True))


@app.patch("/api/tasks/{id}/complete")
async def toggle_task(session: Session, owner: Owner, id: UUID) -> TaskResponse:
    return await change(session, owner, id, {"completed": not_(Task.completed)})


@app.delete("/api/tasks/{id}", status_code=204)
async def delete_task(session: Session, owner: Owner, id: UUID) -> Response:
    deleted = await session.exec(delete(Task).where(*mine(owner, id)))
    await session.commit()
    if deleted.rowcount == 0:
        raise HTTPException(404)
    return Response(status_code=204)
