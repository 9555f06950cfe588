"""marketpay behind FastAPI: uvicorn examples.fastapi_app:app.

The database is a file in the working directory, and so is the simulated processor that moves
the money; put your own gateway in its place.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from marketpay import (
    AcceptOffer,
    Actor,
    AsyncMarketplace,
    CancelJob,
    ClientAction,
    CompleteJob,
    MarketpayError,
    Money,
    NextAction,
    PaymentDeclined,
    Pending,
    PostJob,
    Redirect,
    Role,
    SendOffer,
    StartJob,
)
from marketpay.domain.ids import JobId, OfferId
from marketpay.testing import SimulatedGateway

WORK_EVERY = 1.0  # seconds
log = logging.getLogger(__name__)


async def keep_working(market: AsyncMarketplace, until: asyncio.Event) -> None:
    """Let go of holds, transfer, retry, expire: whatever is due.  Several processes may."""
    while not until.is_set():
        try:
            report = await market.work()
            for failure in report.failures:
                log.error("%s: %s", failure.subject, failure.error)
        except Exception:
            log.exception("work() failed; it is tried again")
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), WORK_EVERY)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    gateway = SimulatedGateway("market.db.processor")
    async with await AsyncMarketplace.connect("sqlite:///market.db", gateway=gateway) as market:
        app.state.market = market
        is_over = asyncio.Event()
        worker = asyncio.create_task(keep_working(market, is_over))
        yield
        is_over.set()
        await worker
    gateway.close()


app = FastAPI(title="A small job marketplace", lifespan=lifespan)


# covers: B075
@app.exception_handler(MarketpayError)
async def say_no(_request: Request, error: MarketpayError) -> JSONResponse:
    """Every error has a stable code, a status, and a sentence that a user may read."""
    body: dict[str, Any] = {"code": error.code, "detail": str(error), "retryable": error.retryable}
    if isinstance(error, PaymentDeclined):  # the offer stands, and can be paid otherwise
        body |= {"offer": error.offer.id, "payment": error.payment.id}
    headers = {"Retry-After": "1"} if error.retryable else None
    return JSONResponse(body, error.status_hint, headers)


def the_market(request: Request) -> AsyncMarketplace:
    market: AsyncMarketplace = request.app.state.market
    return market


async def the_user(  # async, so that its errors reach `say_no` without a detour through a thread
    user: Annotated[str, Header(alias="X-User")],
    role: Annotated[Role, Header(alias="X-Role")],
) -> Actor:
    """Stands in for your authentication, which never takes the client's word for it."""
    return Actor(user, role)


Market = Annotated[AsyncMarketplace, Depends(the_market)]
User = Annotated[Actor, Depends(the_user)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]


class NewJob(BaseModel):
    """What a customer posts."""

    title: str
    currency: str
    description: str = ""


class NewOffer(BaseModel):
    """What a customer offers a contractor."""

    contractor: str
    amount: str  # as text: JSON's numbers are floats to many a client
    currency: str
    payment_method: str | None = None


def next_action(action: NextAction | None) -> dict[str, str | None] | None:
    """What the client has to do, or that the gateway's answer is still awaited."""
    match action:
        case ClientAction(client_secret=secret):
            return {"type": "confirm", "client_secret": secret}
        case Redirect(url=url):
            return {"type": "redirect", "url": url}
        case Pending():
            return {"type": "wait", "client_secret": None}
        case None:
            return None


# covers: A009, B100
@app.post("/jobs", status_code=status.HTTP_201_CREATED)
async def post_job(new: NewJob, market: Market, user: User, key: Key = None) -> dict[str, Any]:
    command = PostJob(by=user, title=new.title, currency=new.currency, description=new.description)
    job = await market.execute(command, key=key)
    return {"job": job.id, "status": job.status}


# covers: A012, A070
@app.post("/jobs/{job}/offers", status_code=status.HTTP_201_CREATED)
async def send_offer(
    job: JobId, new: NewOffer, market: Market, user: User, key: Key = None
) -> dict[str, Any]:
    command = SendOffer(
        by=user,
        job=job,
        contractor=new.contractor,
        price=Money(new.amount, new.currency),
        payment_method=new.payment_method,
    )
    sent = await market.execute(command, key=key)
    return {
        "offer": sent.offer.id,
        "status": sent.offer.status,
        "payment": sent.payment.status,
        "next_action": next_action(sent.next_action),
    }


@app.post("/offers/{offer}/accept")
async def accept_offer(offer: OfferId, market: Market, user: User) -> dict[str, Any]:
    accepted = await market.execute(AcceptOffer(by=user, offer=offer))
    return {
        "offer": accepted.offer.id,
        "status": accepted.offer.status,
        "job": accepted.job.status,
        "payment": accepted.payment.status,
        "next_action": next_action(accepted.next_action),
    }


@app.post("/jobs/{job}/start")
async def start_job(job: JobId, market: Market, user: User) -> dict[str, Any]:
    started = await market.execute(StartJob(by=user, job=job))
    return {"job": started.id, "status": started.status}


@app.post("/jobs/{job}/complete")
async def complete_job(job: JobId, market: Market, user: User) -> dict[str, Any]:
    done = await market.execute(CompleteJob(by=user, job=job))
    return {"job": done.job.id, "status": done.job.status, "payment": done.payment.status}


@app.post("/jobs/{job}/cancel")
async def cancel_job(job: JobId, market: Market, user: User) -> dict[str, Any]:
    cancelled = await market.execute(CancelJob(by=user, job=job))
    return {
        "job": cancelled.job.id,
        "status": cancelled.job.status,
        "payment": cancelled.payment.status if cancelled.payment else None,
        "next_action": next_action(cancelled.next_action),
    }


# covers: A014
@app.get("/wallet/{currency}")
async def my_wallet(currency: str, market: Market, user: User) -> dict[str, str]:
    wallet = await market.wallet(user.id, currency)
    return {
        "pending": str(wallet.pending.amount),
        "available": str(wallet.available.amount),
        "reserved": str(wallet.reserved.amount),
        "currency": currency,
    }


# covers: A013
@app.post("/webhooks/payments")
async def hear(request: Request, market: Market) -> dict[str, str]:
    """What the gateway reports.  Whoever it is from is checked; a forged one is answered 400.

    Stored and then applied by the worker, so that the gateway is answered at once.
    """
    payload, headers = await request.body(), request.headers
    received = await market.receive(payload, headers, at_once=False)
    return {"webhook": received.id}
