"""The chain in JSON: how far one workload reaches, and what is found over the whole register."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from people.access import SIGNED_IN
from people.listing import unknown_of
from people.models import User, organisation_today
from people.texts import TextField
from workloads.chain.across import KINDS
from workloads.chain.asked import Asked
from workloads.chain.graph import Graph
from workloads.chain.judging import Promise, judge
from workloads.chain.kernel import Key
from workloads.chain.queries import affected, closure
from workloads.finding import Severity
from workloads.models import Workload


class HopSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["workload", "third_party"])
    id = serializers.IntegerField(allow_null=True, help_text="null: a workload of another team, which you may not see")
    name = serializers.CharField()


class FindingSerializer(serializers.Serializer[Any]):
    key = TextField(help_text="The same when the same thing is found again")
    severity = serializers.ChoiceField([one.value for one in Severity])
    title = serializers.CharField()
    detail = serializers.CharField()


class ChainSerializer(serializers.Serializer[Any]):
    """What one workload can keep, once everything it cannot do without is counted."""

    workload = serializers.IntegerField()
    rto_seconds = serializers.IntegerField(help_text="Back at best")
    rto_is_lower_bound = serializers.BooleanField(help_text="Something on the way has no known time")
    rto_path = HopSerializer(many=True)
    rpo_seconds = serializers.IntegerField(help_text="Data lost at worst")
    rpo_is_lower_bound = serializers.BooleanField()
    rpo_path = HopSerializer(many=True)
    promised_rto_seconds = serializers.IntegerField(allow_null=True)
    promised_rpo_seconds = serializers.IntegerField(allow_null=True)
    needs = HopSerializer(many=True, help_text="Everything that it cannot do without, directly or through others")
    needed_by = serializers.IntegerField(help_text="How many workloads do not work without it")
    cycle = HopSerializer(many=True)
    findings = FindingSerializer(many=True)


class ToldSerializer(serializers.Serializer[Any]):
    workload = serializers.IntegerField(source="number")
    name = serializers.CharField(source="workload")
    tier = serializers.IntegerField(allow_null=True)
    team = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(list(KINDS))
    finding = FindingSerializer()


def _hop(graph: Graph, key: Key) -> dict[str, Any]:
    kind = "workload" if key > 0 else "third_party"
    return {"kind": kind, "id": abs(key) if graph.may_name(key) else None, "name": graph.name(key)}


class ChainViewSet(GenericViewSet[Any]):
    """The chain of one workload."""

    rule = SIGNED_IN
    queryset = Workload.objects.none()
    pagination_class = None
    serializer_class = ChainSerializer
    filter_backends = ()

    @extend_schema(responses=ChainSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        user = request.user
        if not isinstance(user, User) or not pk.isdecimal():
            raise Http404
        workload = Workload.objects.visible_to(user).filter(pk=int(pk)).first()
        if workload is None:
            raise Http404
        return Response(_chain(workload, user))


def _chain(workload: Workload, user: User) -> dict[str, Any]:
    graph = closure([workload.pk], user)
    answer, face, node = graph.chain[workload.pk], graph.faces[workload.pk], graph.nodes[workload.pk]
    today = organisation_today(timezone.now())
    promise = Promise(node.tier, face.target_rto, face.target_rpo)

    def hops(keys: Any) -> list[dict[str, Any]]:
        return [_hop(graph, key) for key in keys]

    return {
        "workload": workload.pk,
        "rto_seconds": answer.rto_seconds,
        "rto_is_lower_bound": answer.is_lower_bound,
        "rto_path": hops(answer.path),
        "rpo_seconds": answer.rpo_seconds,
        "rpo_is_lower_bound": answer.rpo_is_lower_bound,
        "rpo_path": hops(answer.rpo_path),
        "promised_rto_seconds": face.target_rto,
        "promised_rpo_seconds": face.target_rpo,
        "needs": hops(sorted(key for key in graph.nodes if key != workload.pk)),
        "needed_by": len(affected([workload.pk])),
        "cycle": hops(answer.cycle),
        "findings": FindingSerializer(judge(graph, workload.pk, promise, today), many=True).data,
    }


def asked_wrongly(asked: Asked) -> ValidationError:
    """What is not understood of a question, with the values that are."""
    known = {"kind": list(KINDS), "severity": [one.value for one in Severity]}
    return ValidationError(
        {name: [unknown_of("value", asked.params[name], known.get(name, []))] for name in asked.misunderstood}
    )


class FindingViewSet(GenericViewSet[Any]):
    """The findings over all workloads that the token's owner may see, the blocking kinds first."""

    rule = SIGNED_IN
    queryset = Workload.objects.none()
    serializer_class = ToldSerializer
    filter_backends = ()
    asks = ("kind", "severity", "team")

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", enum=list(KINDS)),
            OpenApiParameter("severity", enum=[one.value for one in Severity]),
            OpenApiParameter("team", int),
        ]
    )
    def list(self, request: Request) -> Response:
        if not isinstance(request.user, User):
            raise Http404
        asked = Asked(request.query_params.dict(), request.user, organisation_today(timezone.now()))
        if asked.misunderstood:
            raise asked_wrongly(asked)
        page: Any = self.paginate_queryset(asked.found)
        return self.get_paginated_response(self.get_serializer(list(asked.told(page)), many=True).data)
