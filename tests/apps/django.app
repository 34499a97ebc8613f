# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=python3-django,gunicorn
port=8000
start='gunicorn --chdir /srv/site --bind 127.0.0.1:8000 --workers 1 site_main.wsgi'
prepare='mkdir -p /srv/site && cd /srv/site && django-admin startproject site_main . && django-admin startapp shop && mkdir -p shop/templates/shop shop/static &&
	cat >shop/models.py <<"END"
from django.db import models
class Item(models.Model):
    name = models.CharField(max_length=40)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    when = models.DateTimeField(default="2020-01-01T12:00:00Z")
    def __str__(self):
        return self.name
END
	cat >shop/admin.py <<"END"
from django.contrib import admin
from .models import Item
admin.site.register(Item)
END
	cat >shop/views.py <<"END"
import csv
from django import forms
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from .models import Item
class Order(forms.Form):
    name = forms.CharField(max_length=5)
    when = forms.DateField(required=False)
def index(request):
    return render(request, "shop/index.html", {"items": Paginator(Item.objects.all(), 2).page(1)})
def item(request, number):
    return JsonResponse({"name": get_object_or_404(Item, pk=number).name})
def order(request):
    form = Order(request.GET)
    return render(request, "shop/order.html", {"form": form, "good": form.is_valid()})
def table(request):
    response = HttpResponse(content_type="text/csv")
    csv.writer(response).writerows(Item.objects.values_list("name", "price"))
    return response
def broken(request):
    return 1 / 0
def feed(request):
    from django.contrib.syndication.views import Feed
    class Items(Feed):
        title, link = "items", "/"
        def items(self): return Item.objects.all()
        def item_link(self, item): return "/item/%d" % item.pk
    return Items()(request)
def mail(request):
    return HttpResponse(str(send_mail("subject", "text", "a@b.example", ["c@d.example"], fail_silently=True)))
END
	cat >site_main/urls.py <<"END"
from django.contrib import admin
from django.urls import path
from shop import views
urlpatterns = [path("admin/", admin.site.urls), path("", views.index), path("item/<int:number>", views.item), path("order", views.order),
    path("table", views.table), path("broken", views.broken), path("feed", views.feed), path("mail", views.mail)]
END
	printf "{%% load i18n l10n humanize tz %%}{%% for item in items %%}{{ item.name }} {{ item.price|floatformat:2|intcomma }} {{ item.when|date:\"DATE_FORMAT\" }}{%% endfor %%}{%% trans \"Password\" %%}\n" >shop/templates/shop/index.html
	echo "{{ form.as_p }}{{ good }}" >shop/templates/shop/order.html
	echo "<h1>gone</h1>" >shop/templates/404.html; echo "<h1>broken</h1>" >shop/templates/500.html
	printf "DEBUG = False\nALLOWED_HOSTS = [\"*\"]\nINSTALLED_APPS += [\"shop\", \"django.contrib.humanize\"]\nMIDDLEWARE.insert(2, \"django.middleware.locale.LocaleMiddleware\")\nUSE_L10N = True\nSECRET_KEY = \"x\" * 50\n" >>site_main/settings.py
	python3 manage.py makemigrations shop >/dev/null && python3 manage.py migrate >/dev/null &&
	python3 manage.py shell -c "from shop.models import Item; Item.objects.create(name=\"nail\", price=1); Item.objects.create(name=\"saw\", price=1200); from django.contrib.auth.models import User; User.objects.create_superuser(\"ann\", \"\", \"secret\")"'
features='index german item missing order invalid table broken feed mail admin login'
at=http://127.0.0.1:8000
ask() {
	case $1 in
	index) get $at/ ;;
	german) get -H 'Accept-Language: de' $at/ ;;
	item) get $at/item/1 ;;
	missing) get $at/nonesuch ;;
	order) get "$at/order?name=abc&when=2020-01-01" ;;
	invalid) get "$at/order?name=abcdefg&when=x" ;;
	table) get $at/table ;;
	broken) get $at/broken ;;
	feed) get -o /dev/null $at/feed ;;
	mail) get $at/mail ;;
	admin) get -L $at/admin/ | sed '/csrf/d' ;;
	login)
		client sh -c 'curl -sS -c /tmp/jar -o /tmp/page $0/admin/login/; token=$(sed -n "s/.*csrfmiddlewaretoken. value=.\([A-Za-z0-9]*\).*/\1/p" /tmp/page)
			curl -sS -b /tmp/jar -c /tmp/jar -o /dev/null -d "csrfmiddlewaretoken=$token&username=ann&password=secret" $0/admin/login/
			curl -sS -b /tmp/jar $0/admin/shop/item/ | grep -c "saw\|nail"' $at ;;
	esac
}
