(function(){"use strict";
function val(c){var t=c?c.textContent.trim():"",n=parseFloat(t.replace(/[▲▼, ]/g,"").replace("−","-"));
return isNaN(n)||!/^[▲▼−\d][▲▼−\d.,% bp]*$/.test(t)?t:t[0]==="▼"?-n:n}
function sort(table,i,th){var up=th.ariaSort==="descending",body=table.tBodies[0];
table.querySelectorAll("[aria-sort]").forEach(function(h){h.ariaSort=null});
th.ariaSort=up?"ascending":"descending";
[].map.call(body.rows,function(r){return[val(r.cells[i]),r]}).sort(function(a,b){
var x=a[0],y=b[0],d=(x==="—")-(y==="—");if(d)return d;
d=+x===x&&+y===y?x-y:(x+"").localeCompare(y+"");return up?d:-d}).forEach(function(p){body.append(p[1])})}
document.querySelectorAll(".pl-table table").forEach(function(table){var body=table.tBodies[0],rows=body.rows;
if(rows.length<3||body.querySelector(".pl-total,.pl-group"))return;
[].forEach.call(table.tHead.rows[0].cells,function(th,i){var b=document.createElement("span");
b.tabIndex=0;b.role="button";b.append.apply(b,th.childNodes);th.append(b);
b.onclick=function(){sort(table,i,th)};
b.onkeydown=function(e){if(e.key==="Enter"||e.key===" "){e.preventDefault();b.onclick()}}});
if(rows.length<12)return;var box=document.createElement("input");box.type="search";
box.placeholder=box.ariaLabel=document.body.dataset.filter;
box.oninput=function(){var q=box.value.toLowerCase();
[].forEach.call(rows,function(r){r.hidden=r.textContent.toLowerCase().indexOf(q)<0})};
table.before(box)})})();
