"""The peer on FastAPI + SQLModel + asyncpg: the same table, tokens and JSON as tasks-api, written as their docs show.

There is a model for the table and one for responses. An update loads the task, changes it and saves it, without a refresh,
since the database sets no column. It serves only the requests that the benchmark measures.
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
from sqlalchemy import DateTime
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

SECRET = os.environ["BETTER_AUTH_SECRET"]

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg", query={})
engine = create_async_engine(url, pool_size=10, max_overflow=0)


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=10_000)
    completed: bool = False


class Task(TaskBase, table=True):
    __tablename__ = "tasks"

    id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int


class TaskCreate(TaskBase):
    pass


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=10_000)
    completed: bool | None = None


class Completion(SQLModel):
    completed: bool | None = None


class TaskPublic(TaskBase):
    id: UUID
    user_id: str
    created_at: datetime
    updated_at: datetime
    version: int


class TaskResponse(SQLModel):
    data: TaskPublic


class Meta(SQLModel):
    limit: int
    has_more: bool
    next_cursor: UUID | None


class TaskList(SQLModel):
    data: list[TaskPublic]
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


async def owned(session: AsyncSession, owner: str, id: UUID) -> Task:
    task = await session.get(Task, {"id": id, "user_id": owner})
    if task is None:
        raise HTTPException(404)
    return task


async def saved(session: AsyncSession, task: Task) -> dict[str, Task]:
    session.add(task)
    await session.commit()
    return {"data": task}


async def changed(session: AsyncSession, task: Task, values: dict) -> dict[str, Task]:
    later = max(task.updated_at, datetime.now(UTC))
    task.sqlmodel_update({**values, "version": task.version + 1, "updated_at": later})
    return await saved(session, task)


@app.get("/health")
async def health() -> None:
    pass


@app.get("/api/tasks", response_model=TaskList)
async def list_tasks(
    session: Session,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: UUID | None = None,
    completed: bool | None = None,
):
    query = select(Task).where(Task.user_id == owner).order_by(Task.id.desc()).limit(limit + 1)
    if completed is not None:
        query = query.where(Task.completed == completed)
    if cursor is not None:
        query = query.where(Task.id < cursor)
    tasks = (await session.exec(query)).all()
    has_more, tasks = len(tasks) > limit, tasks[:limit]
    return {"data": tasks, "meta": Meta(limit=limit, has_more=has_more, next_cursor=tasks[-1].id if has_more else None)}


@app.post("/api/tasks", response_model=TaskResponse, status_code=201)
async def create_task(session: Session, owner: Owner, body: TaskCreate):
    now = datetime.now(UTC)
    extra = {"id": uuid7(), "user_id": owner, "created_at": now, "updated_at": now, "version": 1}
    return await saved(session, Task.model_validate(body, update=extra))


@app.get("/api/tasks/{id}", response_model=TaskResponse)
async def get_task(session: Session, owner: Owner, id: UUID):
    return {"data": await owned(session, owner, id)}


@app.patch("/api/tasks/{id}", response_model=TaskResponse)
async def update_task(session: Session, owner: Owner, id: UUID, body: TaskUpdate):
    return await changed(session, await owned(session, owner, id), body.model_dump(exclude_unset=True))


@app.patch("/api/tasks/{id}/complete", response_model=TaskResponse)
async def complete_task(session: Session, owner: Owner, id: UUID, body: Completion | None = None):
    task = await owned(session, owner, id)
    toggles = body is None or body.completed is None
    return await changed(session, task, {"completed": not task.completed if toggles else body.completed})


@app.delete("/api/tasks/{id}", status_code=204)
async def delete_task(session: Session, owner: Owner, id: UUID) -> Response:
    await session.delete(await owned(session, owner, id))
    await session.commit()
    return Response(status_code=204)
