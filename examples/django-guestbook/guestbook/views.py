from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from guestbook.models import Entry


def health(request):
    return JsonResponse({"status": "ok"})


@csrf_exempt
def book(request):
    if request.method == "POST":
        Entry.objects.create(name=request.POST.get("name", ""), text=request.POST.get("text", ""))
        return redirect("/")
    return render(request, "book.html", {"entries": Entry.objects.order_by("id")})
